/* steady.h - the same each time, whatever a fuzzer says. */
#pragma once

/* Chance gives always the same, so that seeds may prove themselves; log lines are thrown away,
 * and a warning ends the program: no peer may cause one. */
void enj_test_be_steady (void);
