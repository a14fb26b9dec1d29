"""What is measured, with its bound beside it; `make bench` runs everything and keeps the figures under results/."""
