"""Proof that each distribution stands alone: its wheel, installed with what it declares and nothing else."""
