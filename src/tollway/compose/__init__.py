"""The only place where objects are built: one builder a process, and one for the command line.

Plain constructors, in order; nothing here decides anything. Settings are read into their parts here only. Nothing is
imported from here by name, so that a worker never loads the console's libraries.
"""
