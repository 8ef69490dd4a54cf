"""What is in use in this browser session, or in all of this server's: dataset, models, queue.

Every page asks here for what is in use, and waits only for the imports behind what it gets.
"""
