"""Total value locked: figures, definitions, reports and pictures."""
