"""How fast r2 is on this machine: what each step costs, every one in a process of its own."""
