-- What is true of the whole ledger. `budgets_unknown`: the index was lost and built again from the recipes of
-- pictures, which do not have the budgets; its value is when. Deleted when somebody decides anew.
CREATE TABLE ledger_state (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
