"""The coverage matrix: rules, cases, documentation and the page's statements, each held against the others."""
