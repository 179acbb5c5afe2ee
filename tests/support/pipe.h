/* pipe.h - a TCP connection of this machine with itself. */
#pragma once

/* Both ends; whatever does not work ends the test. */
void enj_test_connect (int *ours, int *theirs);
