"""Losses of other libraries, held to what their documentation makes a user believe."""
