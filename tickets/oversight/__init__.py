"""What leaders and supervisors see and mend: the floor, the day, shifts, figures, what stands still."""
