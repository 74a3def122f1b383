/* SPDX-License-Identifier: Apache-2.0 */
/* What a long-lived process keeps mapped. */
#pragma once

/**
 * memory_forget_code() - unmap the pages of code that were touched so far.
 *
 * For the moment between starting and waiting: most of that code is not needed again. What is
 * comes back from the page cache at the next touch. Only executable private mappings of files are
 * meant: nobody writes them, so nothing is lost. Without /proc nothing happens.
 */
void memory_forget_code(void);
