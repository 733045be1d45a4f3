"""Terms added to a loss, and measures of what training did to features and heads."""
