#!/usr/bin/python3
"""Every kind of stream with a real Prosody and a real ejabberd, both ways.

Writes MATRIX into the build folder.  With arguments, plays only the rows whose
titles contain one of them.
"""

import sys

import tap
from cells import cells
from matrix import Matrix
from matrixlab import MatrixLab

CELLS = [cell for cell in cells()
         if not sys.argv[1:] or any(word in cell.row.title for word in sys.argv[1:])]
matrix = Matrix()


def register(cell):
    @tap.test("%s, %s %s" % (cell.row.title, cell.server, cell.direction))
    def play(lab):
        matrix.play(lab, cell)


for one in CELLS:
    register(one)


@tap.test("no cell is missing, and the table is written")
def complete(_lab):
    matrix.write()
    tap.say(matrix.text())
    tap.equal(len(matrix.lines), len(CELLS), "cells")


if __name__ == "__main__":
    tap.run(MatrixLab)
