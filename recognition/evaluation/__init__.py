"""How well pages and lines are read, measured against ground truth. No database, no model."""
