# SPDX-License-Identifier: BSD-3-Clause
"""What scripts/bench is made of. Standard library only."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
