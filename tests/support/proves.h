/* proves.h - a test says which lines of tests/CHECKLIST it proves.
 *
 * The line counts when the test function that said so ends well. */
#pragma once

/* @ids is one id or several with spaces between: "C04", "C04 D12". */
void enj_test_proves (const char *ids);
