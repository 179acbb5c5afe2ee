/* scratch.h - a folder for the tests of a program, who leave it empty. */
#pragma once

/* g_test_run () with the path of a new folder in @folder, which is gone behind it. */
int enj_test_run_with_scratch (char **folder);
