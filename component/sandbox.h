/* sandbox.h - what of the machine the process can still reach, once it runs.
 *
 * Before it is closed it takes note of the files that the configuration names;
 * then landlock leaves these readable, with the folders that they are in so that
 * they can be replaced, and what every program reads (/etc, /usr, a few devices).
 * Nothing can be written but what stands in a few folders, nothing executed, and no
 * capability is kept.  Without landlock in the kernel the rest holds.
 *
 * One for the process, and for good.  The library never closes it: a program that
 * uses that decides for itself. */
#pragma once

#include <glib.h>

/* May @path be read?  Until the sandbox is closed the answer is yes, and stays so;
 * after that it is told by the path, whether there is such a file or not. */
gboolean enj_sandbox_admit (const char *path);

/* Closes it; files below @folders, NULL-terminated, can be made and removed, where there are such
 * folders.  To be called while there is one thread.  FALSE where the kernel
 * has no landlock, or forbids it: that is in the log. */
gboolean enj_sandbox_close (const char *const *folders);
