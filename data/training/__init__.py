"""How the shipped networks were trained: `python -m data.training.train`."""
