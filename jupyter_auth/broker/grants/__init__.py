"""What each kernel may use: decisions of people, kept in memory, and the gate that holds kernels to them."""
