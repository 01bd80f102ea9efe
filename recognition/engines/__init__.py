"""Reading engines behind one protocol, and the store their model files live in."""
