/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a NodePublishVolumeRequest of either driver: what passes is clean and bounded. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "csi/attributes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum csi_driver driver, const uint8_t *data, size_t size)
{
	_cleanup_(attributes_done) struct attributes a = {.data = NULL};
	size_t n = 0;

	if (attributes_decode(driver, data, size, &a, NULL) < 0) {
		if (a.data)
			abort();
		return;
	}
	while (a.maps[n])
		if (!text_is_name(a.maps[n++], ATTRIBUTES_MAP_MAX))
			abort();
	if (n == 0 || n > ATTRIBUTES_MAPS_MAX ||
	    !text_is_name(a.request.program, ATTRIBUTES_NAME_MAX) || a.target_path[0] != '/' ||
	    !text_is_clean(a.volume_id, ATTRIBUTES_ID_MAX))
		abort();
	if (driver == CSI_BPFD && (!*a.request.namespace || !*a.request.pod))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(CSI_BPFD, data, size);
	check(CSI_BPFMAN, data, size);
	return 0;
}
