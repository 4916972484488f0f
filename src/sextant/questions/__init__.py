"""The question engine: propose → measure → compose → explain → verify."""
