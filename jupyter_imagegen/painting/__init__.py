"""The offline painter: words become a scene, the scene a list of shapes, the shapes a picture.

`scene` reads the prompt, `compose` lays the scene out on a `sheet.Sheet` with the painters of skies, land,
buildings, creatures and things, `raster` (or `vector`) draws the sheet, `finish` gives it the look that the
prompt asks for, `lettering` sets quoted words, `retouch` changes pictures that are already there, and
`painter` joins all this. Everything follows from the request and a sample number: the same request paints
the same bytes.
"""
