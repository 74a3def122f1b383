/* SPDX-License-Identifier: Apache-2.0 */
/* Owns job_image(). */
#include "forkserver/image.h"

#include <errno.h>

#include "base/reason.h"

int job_image(struct forkserver *fs, const struct job_identity *as, const char *layout,
	      const char *tag, int *ret_fd, char ret_digest[static DIGEST_TEXT_SIZE],
	      struct image_labels *ret_labels, struct reason *why)
{
	(void)fs;
	(void)as;
	(void)tag;
	(void)ret_fd;
	(void)ret_digest;
	(void)ret_labels;
	return fail(why, -ENOSYS, "not built yet: %s", layout);
}
