#!/usr/bin/python3
"""Every kind of stream with a real Prosody and a real ejabberd, both ways.

Writes MATRIX into the build folder.
"""

import tap
from cells import cells, kinds
from matrix import Matrix
from matrixlab import MatrixLab

CELLS = cells()
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
    tap.run(lambda: MatrixLab(kinds("theirs"), kinds("ours")))
