"""What an administrator can read afterwards: which decisions were made for whom, without a secret."""
