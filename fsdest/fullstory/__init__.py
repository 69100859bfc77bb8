"""What FullStory is: its endpoints, limits, replies and import jobs, as data. Pure."""
