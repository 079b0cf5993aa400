"""One file a verb. Heavy imports stand inside the functions, so that every verb starts fast."""
