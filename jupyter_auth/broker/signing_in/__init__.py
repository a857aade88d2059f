"""A person signs in: requests for people, the ways to answer them, what a browser brings back."""
