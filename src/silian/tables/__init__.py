"""Tables on the ground floor: files of registers as rows, single values, clauses, sessions."""
