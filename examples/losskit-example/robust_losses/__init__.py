"""Two losses for data that cannot be trusted: one for outliers, one for scores that grow without need."""
