"""Fuzzing r2 as a user would meet it: damaged files of every kind go through whole commands.

`python -m tests.fuzz --files 1000 --seed 7` makes small films, damages them, and runs commands on them in processes
that stay loaded. A fault is an exit code that is not documented, a traceback, a command without an end, memory without
a bound, a process or a file left behind. What failed is kept, with the line that repeats it.
"""
