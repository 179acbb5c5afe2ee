/* quiet.h - log lines kept out of the report of a test program.
 *
 * Warnings and worse are still written, and still fatal. */
#pragma once

void enj_test_be_quiet (void);
