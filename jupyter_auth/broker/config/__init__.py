"""What is configured: the administrator's settings, people's files, the profiles in both."""
