"""The rules of the benchmarks' authors and of other harnesses, defects included.

Each module says which file of which commit it follows. A rule is written from what that code does,
and the tests hold it against answers that the code itself gave. A letter that is no option, which
some of that code returns, is reported as ``empty``: it is wrong there and wrong here.
"""
