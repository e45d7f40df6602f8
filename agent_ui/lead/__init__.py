"""Pages of shift leaders and supervisors: shift, day, figures, nuisance numbers, capture."""
