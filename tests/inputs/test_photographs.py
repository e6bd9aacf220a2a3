"""A photograph leaves with its picture and its colours, and with nothing that says where, when and by what."""

from __future__ import annotations

import hashlib
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageCms, PngImagePlugin

SECRETS = (b"SECRETPHONE", b"2026:11:29", b"SECRETPLACE", b"Photoshop 3.0", b"c2pa", b"ftypmp42")
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRETPLACE</x:xmpmeta>"
FILM = b"\0\0\0\x18ftypmp42" + b"SECRETPLACE" * 9


def exif(orientation=1):
    found = Image.Exif()
    found[0x0112], found[0x010F], found[0x0132] = orientation, "SECRETPHONE", "2026:11:29 10:00:00"
    found[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 34.0, 0.0), 27: b"SECRETPLACE"}
    return found


def scene():
    """No two pixels near one another are alike, so that every change of one shows."""
    across = Image.linear_gradient("L").resize((64, 48))
    return Image.merge("RGB", (across, across.rotate(180), across.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))


def matrix_profile(red, green, blue):
    """An ICC profile, version 2: these primaries (XYZ, D50), gamma 1."""

    def xyz(values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv\0\0\0\0\0\0\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 2) + b"x\0" + bytes(79)
    tags = {
        b"desc": text, b"cprt": b"text\0\0\0\0x\0", b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        b"rXYZ": xyz(red), b"gXYZ": xyz(green), b"bXYZ": xyz(blue),
        b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
    }  # fmt: skip
    table, bodies, at = [], b"", 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        table.append(name + struct.pack(">II", at + len(bodies), len(body)))
        bodies += body + bytes(-len(body) % 4)
    rest = struct.pack(">I", len(tags)) + b"".join(table) + bodies
    header = struct.pack(">I4sI4s4s4s", 128 + len(rest), b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += b"".join(struct.pack(">i", round(value * 65536)) for value in (0.9642, 1.0, 0.8249))
    return header + bytes(128 - len(header)) + rest


P3 = matrix_profile((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def in_srgb(picture, profile):
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")


def seen(picture):
    """What a viewer that knows about profiles shows."""
    profile = picture.info.get("icc_profile")
    return (
        in_srgb(picture.convert("RGB") if picture.mode == "RGBA" else picture, profile)
        if profile
        else picture.convert("RGB")
    )


def apart(one, other):
    """The largest difference of any channel of any pixel."""
    return max(
        high for _, high in ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema()
    )


def segment(marker, body):
    return b"\xff" + bytes((marker,)) + struct.pack(">H", len(body) + 2) + body


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg(orientation=1, picture=None, **options):
    out = BytesIO()
    options = {"exif": exif(orientation), "comment": b"SECRETPLACE", "xmp": XMP, **options}
    (picture or scene()).save(out, "JPEG", quality=95, **options)
    data = out.getvalue()
    more = segment(0xED, b"Photoshop 3.0\0SECRETPLACE") + segment(0xEB, b"JP\0\1c2paSECRETPLACE")
    more += segment(0xE0, b"JFXX\0\x13" + b"SECRETPLACE") + segment(0xE2, b"FPXR\0SECRETPLACE")
    return data[:2] + more + data[2:] + FILM


def png(orientation=1, picture=None, **options):
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "SECRETPLACE")
    told.add_text("Artist", "SECRETPHONE", zip=True)
    told.add_itxt("XML:com.adobe.xmp", XMP.decode())
    out = BytesIO()
    (picture or scene()).save(out, "PNG", exif=exif(orientation), pnginfo=told, **options)
    data = out.getvalue()
    more = chunk(b"tIME", bytes((7, 234, 11, 29, 10, 0, 0))) + chunk(b"caBX", b"c2paSECRETPLACE")
    return data[:33] + more + data[33:] + FILM


def webp(orientation=1, picture=None, **options):
    out = BytesIO()
    (picture or scene()).save(out, "WEBP", lossless=True, exif=exif(orientation), xmp=XMP, **options)
    return out.getvalue() + FILM


def tiff(orientation=1, picture=None, **options):
    out = BytesIO()
    found = exif(orientation)
    # Pillow writes no place into a TIFF.
    del found[0x8825]
    (picture or scene()).save(out, "TIFF", exif=found, description="SECRETPLACE", **options)
    return out.getvalue()


def avif(orientation=1, picture=None, **options):
    out = BytesIO()
    (picture or scene()).save(out, "AVIF", exif=exif(orientation), xmp=XMP, quality=100, **options)
    return out.getvalue()


LOSSLESS = {"JPEG": jpeg, "PNG": png, "WebP": webp}
FORMATS = {**LOSSLESS, "TIFF": tiff, "AVIF": avif}


def told(data):
    """Everything that a file says besides its pixels."""
    picture = Image.open(BytesIO(data))
    assert not picture.getexif()
    assert not {"comment", "xmp", "photoshop", "mp", "XML:com.adobe.xmp"} & picture.info.keys()
    assert [secret for secret in SECRETS if secret in data] == []


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_that_says_where_when_or_by_what_leaves(edit, kind, orientation):
    given = FORMATS[kind](orientation)
    assert b"SECRET" in given
    told(edit(given).data)


@pytest.mark.parametrize("kind", LOSSLESS)
def test_an_upright_picture_keeps_every_pixel_and_its_format(edit, kind):
    given = LOSSLESS[kind]()
    sent = edit(given)
    assert sent.image.format == kind.upper()
    assert sent.image.tobytes() == Image.open(BytesIO(given)).tobytes()
    assert any("metadata removed (" in note for note in sent.result.notes)
    # The file, and not what is sent of it, makes the key: an edit stored earlier is found again.
    assert sent.result.request.images[0].digest == hashlib.sha256(given).hexdigest()


@pytest.mark.parametrize("kind", LOSSLESS)
def test_a_file_that_says_nothing_is_sent_byte_for_byte_and_without_a_note(edit, kind):
    out = BytesIO()
    scene().save(out, kind, icc_profile=P3)
    sent = edit(out.getvalue(), size="1024x1024")
    assert sent.data == out.getvalue()
    assert not any("metadata" in note for note in sent.result.notes)


def test_a_picture_out_of_the_store_is_sent_as_it_is_kept(edit):
    made = edit.session.generate("a fox", provider="openai")
    assert edit(made).data == edit(made.key).data == made.images[0].bytes


def test_masks_and_markup_say_nothing_either(edit):
    mask = Image.new("RGBA", (64, 48), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 9, 9))
    told(edit(scene(), mask=png(picture=mask)).files["mask"])
    told(edit(scene(), markup=png(picture=mask), model="gpt-image-2.5-flare").files["markup"])


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("kind", FORMATS)
def test_display_p3_looks_the_same_afterwards(edit, kind, orientation):
    given = FORMATS[kind](orientation, icc_profile=P3)
    wanted = in_srgb(scene(), P3)
    if orientation == 6:
        wanted = wanted.transpose(Image.Transpose.ROTATE_270)
    assert apart(wanted, scene().transpose(Image.Transpose.ROTATE_270) if orientation == 6 else scene()) > 40
    assert apart(seen(edit(given).image), wanted) < 12


@pytest.mark.parametrize("orientation", [1, 6])
def test_grey_with_a_profile_looks_the_same_afterwards(edit, orientation):
    # A grey profile of gamma 1: as light, not as the eye sees.
    body = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 2) + b"x\0" + bytes(79), b"cprt": b"text\0\0\0\0x\0",
        b"wtpt": b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in (0.9642, 1.0, 0.8249)),
        b"kTRC": b"curv\0\0\0\0\0\0\0\0",
    }  # fmt: skip
    table, bodies, at = b"", b"", 128 + 4 + 12 * len(body)
    for name, tag in body.items():
        table += name + struct.pack(">II", at + len(bodies), len(tag))
        bodies += tag + bytes(-len(tag) % 4)
    rest = struct.pack(">I", len(body)) + table + bodies
    grey = bytearray(P3[:128] + rest)
    grey[:4], grey[16:20] = struct.pack(">I", len(grey)), b"GRAY"
    picture = scene().convert("L")
    wanted = in_srgb(picture, bytes(grey))
    assert apart(wanted, picture) > 40
    turned = wanted.transpose(Image.Transpose.ROTATE_270) if orientation == 6 else wanted
    assert apart(seen(edit(png(orientation, picture, icc_profile=bytes(grey))).image), turned) < 4
    clear = Image.merge("LA", (picture, Image.new("L", picture.size, 200)))
    sent = edit(png(orientation, clear, icc_profile=bytes(grey))).image
    assert apart(seen(sent), turned) < 4
    assert sent.getchannel("A").getextrema() == (200, 200)


def test_a_pillow_picture_with_a_profile_looks_the_same_afterwards(edit):
    picture = scene()
    picture.info["icc_profile"] = P3
    assert apart(seen(edit(picture).image), in_srgb(scene(), P3)) < 4
    palette = picture.quantize(200)
    palette.info["icc_profile"] = P3
    assert apart(seen(edit(palette).image), in_srgb(palette.convert("RGB"), P3)) < 4


def test_every_conversion_is_noted(edit):
    notes = " ".join(edit(jpeg(6, icc_profile=P3)).result.notes)
    assert "turned upright as its EXIF says" in notes
    assert "colours converted to sRGB" in notes


def test_what_is_hidden_in_a_part_that_the_colours_need_goes_too(edit):
    data = jpeg()
    adobe = segment(0xEE, b"Adobe\0d\0\0\0\0\x01" + b"a hidden note")
    for hiding in (data[:2] + adobe + data[2:], chunked(b"sPLT", b"a hidden note\0\x08")):
        sent = edit(hiding)
        assert b"hidden note" not in sent.data
        assert seen(sent.image).tobytes() == seen(Image.open(BytesIO(hiding))).tobytes()


def chunked(kind, body):
    plain = png()
    at = plain.index(b"IDAT") - 4
    return plain[:at] + chunk(kind, body) + plain[at:]
