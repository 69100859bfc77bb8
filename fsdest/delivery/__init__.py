"""What happens: lanes are worked, calls sent, judged and settled.

Start reading at fsdest.delivery.run.
"""
