-- Charges are in a journal beside the index and budgets in a file (storage/journal.py): a version that does not write
-- them must not write the index. The last line's number, the journal's size, and that of when it was written whole.
INSERT INTO ledger_state (name, value) VALUES ('journal', '0 0 0');
