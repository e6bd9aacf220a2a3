"""The guards of the promises, and what is seen without each; `python -m tests.promises` proves it.

A guard is a piece of code without which a row of the faults would come true. Each is taken out of a copy of the
package, alone, and the tests named with it must go red.
"""

from __future__ import annotations

from dataclasses import dataclass

TWICE = "promises/test_never_pay_twice.py::"
UNKNOWING = "promises/test_never_pay_unknowingly.py::"
LOSE = "promises/test_never_lose_what_was_paid_for.py::"
BYTES = "promises/test_never_change_the_bytes.py::"
FATTEN = "promises/test_never_fatten_the_notebook.py::"
LEAK = "promises/test_never_leak.py::"
NOTHING = "promises/test_runs_with_nothing.py::"
FAULTS = f"{TWICE}test_no_course_of_faults_sends_again_what_may_be_billed"
KILLED = f"{LOSE}test_whoever_is_killed_at_any_moment_leaves_every_whole_picture_and_every_charge"
KEY = f"{LEAK}test_the_key_is_in_nothing_that_a_whole_run_leaves_behind"
STREAMS = "providers/test_openai_streams.py::"
RETRIES = "providers/test_openai_retries.py::"


@dataclass(frozen=True)
class Guard:
    """One guard: `old` in `file` becomes `new`, and then the tests must fail.

    Attributes
    ----------
    seen : str
        What was seen without it.
    """

    fault: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    seen: str


GUARDS = [
    # Calling the API
    Guard(
        "Retry-After of every kind",
        "providers/openai/provider.py",
        "wait = own if failure.asked_wait is None else max(failure.asked_wait, 0.05)",
        "wait = own",
        (f"{RETRIES}test_the_wait_is_at_least_what_was_asked",),
        "a server that asked for 20 s was asked again after 1 s",
    ),
    Guard(
        "Retry-After of a day",
        "providers/openai/provider.py",
        "        if wait > LONGEST_WAIT or wait >= left:\n            return None\n",
        "",
        (f"{RETRIES}test_a_wait_that_is_not_worth_it_is_an_error_at_once_that_names_it",),
        "the cell waited for what the server asked, however long",
    ),
    Guard(
        "insufficient_quota",
        "providers/openai/errors.py",
        "    if refusal.moderated or refusal.account:\n",
        "    if refusal.moderated:\n",
        (f"{RETRIES}test_what_waiting_cannot_help_is_tried_once", FAULTS),
        "five attempts in place of one",
    ),
    Guard(
        "a 5xx that comes late",
        "providers/openai/errors.py",
        "    safe = not_taken and about.seconds < QUICK",
        "    safe = not_taken",
        (f"{TWICE}test_a_server_that_says_busy_after_the_work_is_not_asked_again",),
        "a 503 that came when the picture was made was answered with a second call",
    ),
    Guard(
        "a 5xx that says nothing",
        "providers/openai/errors.py",
        "    safe = not_taken and about.seconds < QUICK",
        "    safe = about.seconds < QUICK",
        (FAULTS,),
        "a quick 500, 502 or 504 was answered with a second call",
    ),
    Guard(
        "the SDK's own retries",
        "providers/openai/connection.py",
        '"max_retries": 0,',
        '"max_retries": 2,',
        (FAULTS,),
        "an answer that was lost was asked for three times",
    ),
    Guard(
        "the answer is lost",
        "purchase.py",
        'self._close(billed=exc.billed == "possibly" or bool(self.images), reason=type(exc).__name__)',
        "self._close(billed=bool(self.images), reason=type(exc).__name__)",
        ("test_engine.py::test_an_answer_that_was_lost_is_possibly_billed_and_its_ceiling_held",),
        "the charge was released although the server had billed",
    ),
    Guard(
        "every attempt is in the ledger",
        "storage/ledger.py",
        "sent_at=at, attempts=1)",
        "sent_at=at)",
        ("test_purchase.py::test_every_attempt_is_in_the_ledger_and_shown",),
        "the ledger said 0 attempts of 3",
    ),
    Guard(
        "a stream without `completed`",
        "providers/openai/call.py",
        "        if not reading.pictures:\n            failure = refused or",
        "        if not reading.pictures and not reading.streams:\n            failure = refused or",
        (
            "providers/test_openai_streams.py::test_a_stream_without_its_end_is_possibly_billed_and_a_partial_is_no_result",
        ),
        "a stream that broke off after a partial picture ended like a good one",
    ),
    Guard(
        "an error body with status 200",
        "providers/openai/call.py",
        "        if reading.refusal is not None:\n            refused",
        "        if False:\n            refused",
        ("providers/test_openai_errors.py::test_an_error_body_with_status_200_is_that_error",),
        "the server's reason was not told",
    ),
    Guard(
        "fewer pictures than n: the stream breaks",
        "providers/openai/call.py",
        "                    trouble = self._explain(exc, started)\n                for event",
        "                    yield self._explain(exc, started)\n                    return\n                for event",
        (f"{STREAMS}test_pictures_that_came_before_a_stream_broke_are_kept_with_a_warning",),
        "the pictures that had come were lost with the error",
    ),
    Guard(
        "fewer pictures than n: the provider fails after one",
        "purchase.py",
        "            if not self.images:\n                raise\n            self.notes",
        "            raise\n            self.notes",
        (f"{LOSE}test_a_provider_that_fails_after_its_first_picture_has_still_made_it",),
        "an error in place of the picture that had come",
    ),
    Guard(
        "panels keep originals out of the notebook",
        "widgets/compare.py",
        "seen = [_copy(one, _GRID_SIDE, _GRID_BYTES) for one in self._pictures]",
        "seen = [_original(one) for one in self._pictures]",
        (f"{FATTEN}test_panels_are_saved_small_with_their_state_and_without",),
        "`nbconvert --execute` saved eight megabytes of originals with the comparison's state",
    ),
    Guard(
        "one byte a second",
        "providers/openai/call.py",
        "async with asyncio.timeout(self.left()):\n                        chunk =",
        "async with asyncio.timeout(None):\n                        chunk =",
        (f"{RETRIES}test_one_byte_a_second_for_ever_ends_at_the_deadline",),
        "the call went on as long as bytes came",
    ),
    Guard(
        "silence",
        "providers/openai/call.py",
        "async with asyncio.timeout(self.left()):\n                        response =",
        "async with asyncio.timeout(None):\n                        response =",
        (f"{RETRIES}test_silence_ends_at_the_deadline_and_the_server_sees_us_go",),
        "the call never ended",
    ),
    Guard(
        "an interrupt ends the cell",
        "session.py",
        "    except KeyboardInterrupt:\n        raise DetachedError from None",
        "    except ZeroDivisionError:\n        raise DetachedError from None",
        (f"{LOSE}test_an_interrupt_ends_the_cell_within_a_second_wherever_the_call_is",),
        "the interrupt went through as a KeyboardInterrupt, and nobody knew that the run goes on",
    ),
    Guard(
        "2 GB, gzip bomb",
        "providers/openai/transport.py",
        "        if count > self._cap:",
        "        if False:",
        (f"{BYTES}test_a_flood_costs_neither_the_memory_nor_the_session",),
        "two gigabytes were read into memory",
    ),
    Guard(
        "bad base64",
        "providers/openai/picture_text.py",
        "    if _NO_BASE64.search(text):\n        return None\n",
        "",
        (f"{BYTES}test_what_is_no_picture_is_never_stored_or_shown",),
        "what stood behind the picture in its base64 was passed over",
    ),
    Guard(
        "a picture of 900 megapixels",
        "imaging/inspection.py",
        "    if pixels > max_pixels:",
        "    if False:",
        ("imaging/test_imaging_inspect.py::test_a_900_megapixel_header_is_refused_without_decoding",),
        "Pillow was asked to decode it",
    ),
    Guard(
        "the key in a 401",
        "providers/openai/refusals.py",
        'message = redactor.clean(reason.message).rstrip(".")',
        "message = reason.message",
        (KEY, f"{LEAK}test_however_a_server_writes_the_key_it_is_not_shown"),
        "the key was in the message, in every form that the server chose",
    ),
    Guard(
        "redirect to another host",
        "providers/openai/transport.py",
        "follow_redirects=False,",
        "follow_redirects=True,",
        ("providers/test_openai_guards.py::test_a_redirect_is_refused_and_nothing_goes_to_the_other_host",),
        "prompt and pictures went to the other host",
    ),
    # Store and ledger
    Guard(
        "kill -9: leftovers of the dead",
        "storage/store.py",
        "    entering.adopt_abandoned(database, shelf)\n",
        "",
        (
            KILLED,
            "storage/test_crashes.py::test_a_process_killed_before_any_step_leaves_a_store_that_opens_and_is_complete",
        ),
        "files of dead writers stayed, and whole pictures were in no history",
    ),
    Guard(
        "kill -9: the recipe before the picture",
        "storage/keeping.py",
        "        files.write_synced(draft, recipe.to_bytes())\n        files.move(draft, pending)\n"
        "        files.sync_folder(shelf.incoming)\n        files.write_synced(part, data)\n",
        "        files.write_synced(part, data)\n"
        "        files.write_synced(draft, recipe.to_bytes())\n        files.move(draft, pending)\n"
        "        files.sync_folder(shelf.incoming)\n",
        (KILLED,),
        "a whole picture was swept because nobody knew what it was for",
    ),
    Guard(
        "kill -9: what nobody had decoded is decoded",
        "storage/entering.py",
        "        return recipe.of_picture(imaging.inspect(files.read(path), allow_svg=recipe.wants_svg))\n",
        "        return recipe\n",
        (
            "storage/test_crashes.py::test_bytes_that_their_dead_writer_had_not_decoded_are_decoded_before_they_enter",
        ),
        "bytes of no picture were in the history",
    ),
    Guard(
        "kill -9: sent is written down before it is",
        "purchase.py",
        "            await to_the_end(self.storage.ledger.mark_sent, self.charge_id)\n",
        "            pass\n",
        (KILLED, "test_engine.py::test_the_reservation_is_on_disk_before_the_server_has_the_request"),
        "charges of killed calls were released, and the ledger said less than the server had billed",
    ),
    Guard(
        "kill -9: orphans are closed when the store opens",
        "storage/store.py",
        "        storage.ledger.sweep()\n",
        "",
        (KILLED, "storage/test_crashes.py::test_the_sweep_releases_what_was_not_sent_and_counts_what_was"),
        "charges of the dead stayed open",
    ),
    Guard(
        "two to eight processes, one key",
        "engine.py",
        "lock = self._storage.lock(key)",
        'lock = self._storage.lock(key + __import__("secrets").token_hex(4))',
        ("test_engine.py::test_eight_processes_asking_at_one_moment_make_one_call",),
        "eight calls in place of one",
    ),
    Guard(
        "those who waited do not repeat it",
        "engine.py",
        "                        await to_the_end(self._share_failure, order, key, failed)\n",
        "                        pass\n",
        ("test_engine.py::test_those_who_wait_in_other_processes_do_not_repeat_what_may_be_billed",),
        "three processes sent, one after the other, what may have been billed",
    ),
    Guard(
        "the disk is full",
        "purchase.py",
        "        except StoreError as exc:\n            trouble = str(exc)\n",
        "        except ZeroDivisionError as exc:\n            trouble = str(exc)\n",
        (
            f"{LOSE}test_no_file_may_grow_and_the_picture_is_shown_all_the_same_or_nothing_is_called",
            f"{LOSE}test_a_disk_that_is_full_costs_the_copy_and_never_the_picture",
        ),
        "the paid picture was lost in an error",
    ),
    Guard(
        "the disk is full: no half entry",
        "storage/keeping.py",
        "        for path in (pending, part, draft):\n",
        "        for path in ():\n",
        ("storage/test_images.py::test_a_disk_that_refuses_at_any_step_leaves_all_or_nothing",),
        "leftovers stayed in incoming/",
    ),
    Guard(
        "bytes as they came",
        "purchase.py",
        "                data=drawn.data,\n",
        '                data=(lambda io, pil, out: pil.open(io(drawn.data)).save(out, "PNG") or out.getvalue())'
        '(__import__("io").BytesIO, __import__("PIL.Image").Image, __import__("io").BytesIO()),\n',
        (f"{BYTES}test_every_copy_is_what_the_server_sent_to_the_last_byte",),
        "the content credentials were gone from every copy",
    ),
    Guard(
        "a picture's file is damaged",
        "storage/reading.py",
        "intact = files.sha256(files.read(path)) == digest",
        "intact = True",
        (f"{BYTES}test_a_damaged_file_is_never_shown_and_never_an_error",),
        "the damaged picture was taken for a hit, and was an error when it was shown",
    ),
    Guard(
        "the index is garbage",
        "storage/store.py",
        "    except DamagedIndexError:\n        damaged = True",
        "    except DamagedIndexError:\n        raise",
        ("storage/test_database.py::test_a_garbage_index_is_put_aside_and_built_again_from_the_recipes",),
        "no picture could be found or made any more",
    ),
    Guard(
        "a folder that cannot be used",
        "stores.py",
        "        except StoreError as exc:\n            return self._stand_in",
        "        except ZeroDivisionError as exc:\n            return self._stand_in",
        (
            "test_session.py::test_a_home_that_cannot_be_used_means_a_temporary_store_and_a_note",
            f"{NOTHING}test_a_user_without_name_home_or_a_folder_to_write_in_sees_pictures_too",
        ),
        "a StoreError in place of a picture",
    ),
    Guard(
        "no HOME",
        "config/__init__.py",
        "    except RuntimeError:\n",
        "    except ZeroDivisionError:\n",
        (f"{NOTHING}test_a_user_without_name_home_or_a_folder_to_write_in_sees_pictures_too",),
        "a RuntimeError of platformdirs",
    ),
    Guard(
        "a newer schema",
        "storage/database.py",
        "        if version > latest:",
        "        if False:",
        ("storage/test_database.py::test_a_newer_store_is_left_as_it_is",),
        "it was written to as if it were of this version",
    ),
    # Two kernels migrating at once are kept apart twice, by a lock file and by a look within the transaction:
    # with either of the two taken out alone, one migrates and the other finds it done.
    Guard(
        "a hundred at once under one budget",
        "storage/ledger.py",
        "                    self._check(budget, ceiling, now, elsewhere=budget in configured)\n",
        "                    pass\n",
        (f"{UNKNOWING}test_a_hundred_at_once_never_pass_the_budget_at_any_instant",),
        "a hundred calls where there was room for ten",
    ),
    Guard(
        "a hundred at once, in one transaction each",
        "storage/ledger.py",
        "        with self._database.transaction(durable=False, patient=paid):\n            if paid",
        "        if True:\n            if paid",
        (
            f"{UNKNOWING}test_a_hundred_at_once_never_pass_the_budget_at_any_instant",
            "storage/test_budget_races.py::test_eight_processes_with_threads_are_admitted_exactly_ten_times",
        ),
        "some more than ten, by chance",
    ),
    Guard(
        "an unknown price under a budget",
        "storage/ledger.py",
        "        if ceiling is None:\n            raise UnknownPriceError(",
        "        if ceiling is None:\n            return\n            raise UnknownPriceError(",
        ("test_engine.py::test_an_unknown_price_is_refused_under_a_budget_and_unknown_without_one",),
        "it was called, and nobody could say for how much",
    ),
    Guard(
        "usage that is none",
        "providers/openai/provider.py",
        "        if answer.usage is None or known is None or answer.svg_usage:\n            return None",
        "        if answer.usage is None or known is None or answer.svg_usage:\n            return known.text_input * 0",
        (f"{UNKNOWING}test_no_usage_that_a_server_invents_makes_a_call_free_or_the_ledger_wrong",),
        "a call without usage was free",
    ),
    Guard(
        "partial pictures are in the price",
        "providers/openai/pricing.py",
        "    output += Span(likely=1, most=1) * (model.tokens.partial_image * options.partial_images)\n",
        "",
        (f"{UNKNOWING}test_what_is_shown_before_is_never_less_than_what_is_held_and_then_paid",),
        "the bill was higher than what had been said and held",
    ),
    # Prompts, names, pictures, secrets, life
    Guard(
        "HTML in words from outside",
        "render/escaping.py",
        "    return html.escape(plain(text), quote=True)",
        "    return plain(text)",
        (f"{LEAK}test_no_text_from_outside_becomes_markup_or_moves_the_terminal",),
        "an element of the prompt's stood in the page",
    ),
    Guard(
        "control characters and direction marks",
        "render/escaping.py",
        'if char in "\\n\\t"\n',
        "if True\n",
        (f"{LEAK}test_no_text_from_outside_becomes_markup_or_moves_the_terminal",),
        "the text turned its line around",
    ),
    Guard(
        "half a surrogate pair from a server",
        "storage/recipes.py",
        '    return text.encode("utf-8", "backslashreplace").decode("utf-8")',
        "    return text",
        ("storage/test_images.py::test_text_from_outside_is_stored_whatever_it_is",),
        "a picture that was paid for could not be stored",
    ),
    Guard(
        "32,001 characters",
        "providers/openai/validation.py",
        "    if len(prompt) > MOST_PROMPT_CHARACTERS:",
        "    if False:",
        ("core/test_validation.py::test_a_prompt_that_cannot_be_sent_is_refused",),
        "it was sent",
    ),
    Guard(
        "a name that leads out of the folder",
        "exports.py",
        "    if not stays:\n",
        "    if False:\n",
        ("test_exports.py::test_a_link_out_of_the_folder_is_not_followed",),
        "a link out of the folder was followed",
    ),
    Guard(
        "a file that is there",
        "exports.py",
        "        if overwrite:\n            temporary.replace(target)",
        "        if True:\n            temporary.replace(target)",
        ("test_exports.py::test_a_file_is_never_replaced_unless_told",),
        "it was replaced",
    ),
    Guard(
        "a FIFO for an input picture",
        "imaging/objects.py",
        "    if not regular:\n        raise SourceError",
        "    if False:\n        raise SourceError",
        (
            "test_sources.py::test_a_pipe_is_refused_without_waiting_for_its_writer",
            "test_sources.py::test_a_directory_is_not_a_picture",
        ),
        "the cell waited for a writer for ever",
    ),
    Guard(
        "the key in a repr",
        "hidden.py",
        '        return "<hidden>"',
        "        return repr(self._give())",
        (KEY,),
        "the key stood in what a cell printed",
    ),
    Guard(
        "the key in a traceback's locals",
        "providers/openai/provider.py",
        "                # Raised outside any handler, so that it has no context.\n                raise _final_error(failure, call.left())",
        "                raise _final_error(failure, call.left()) from ValueError(connection.key())",
        (KEY,),
        "the key stood in the chain of a failure",
    ),
    Guard(
        "the key in base64 within other words",
        "providers/untrusted.py",
        "            for before in range(3):\n",
        "            for before in range(1):\n",
        (f"{LEAK}test_however_a_server_writes_the_key_it_is_not_shown", KEY),
        "a server's `Bearer …` in base64 held the key",
    ),
    Guard(
        "a run that is given up",
        "purchase.py",
        "        except BaseException:\n            await to_the_end(self._abandon)\n            raise\n",
        "        except BaseException:\n            raise\n",
        (
            f"{LOSE}test_an_interrupt_ends_the_cell_within_a_second_wherever_the_call_is",
            "test_session.py::test_cancel_gives_up_what_was_sent_and_the_ledger_counts_it",
        ),
        "its charge stayed open until the next opening",
    ),
    # Cassettes, notebooks, nothing
    Guard(
        "replay calls no API",
        "engine.py",
        "        self._refuse_replay(order, key)\n",
        "",
        (f"{TWICE}test_in_replay_nobody_is_called_although_a_key_and_a_server_are_there",),
        "what was not recorded was bought",
    ),
    Guard(
        "recorded pictures come first",
        "storage/deck.py",
        "recorded = [] if self.cassette is None else self.cassette.find(key, n, composites=composites)",
        "recorded: list[Image] = []",
        (f"{TWICE}test_on_another_machine_a_cassette_shows_the_same_pictures_without_key_network_or_bill",),
        "nothing was replayed",
    ),
    Guard(
        "what is stored is not bought",
        "engine.py",
        "([], None) if order.fresh else deck.look(pictures, key, n)",
        "([], None)",
        (f"{TWICE}test_whatever_is_asked_the_second_time_costs_nothing_and_is_the_same_to_the_byte",),
        "the second session bought it again",
    ),
    Guard(
        "a preview of noise",
        "imaging/previews.py",
        "if over <= 1 or max(size) <= _SMALLEST_SIDE:",
        "if True:",
        (f"{FATTEN}test_no_picture_makes_a_preview_over_its_limit",),
        "a picture of noise had 250 kB in the notebook",
    ),
]
