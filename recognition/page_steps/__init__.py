"""What is done to a page before its lines are looked for, and the way back to the stored page."""
