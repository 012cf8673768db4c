"""What the region sees of itself: its graph, chains, portraits and maps."""
