"""What hwgen knows of chips: one file a family, with its calibrated costs as data beside it."""
