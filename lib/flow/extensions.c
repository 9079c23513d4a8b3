/* SPDX-License-Identifier: BSD-3-Clause */
#include "extensions.h"

#include <string.h>

uint32_t flow_extensions_on(const struct flow_settings *settings)
{
	uint32_t count = 0;

	while (count < FLOW_EXTENSIONS_MAX && settings->extensions[count] != NULL)
		count++;
	return count;
}

void extensions_init(struct extensions *extensions, const struct flow_settings *settings,
		     struct flow_line *lines)
{
	extensions->count = flow_extensions_on(settings);
	for (uint32_t i = 0; i < extensions->count; i++, lines += settings->capacity) {
		const struct flow_extension *extension = settings->extensions[i];

		extensions->of[i].extension = extension;
		extensions->of[i].lines = lines;
		if (extension->packet == NULL)
			continue;
		extensions->counts[extensions->counting].packet = extension->packet;
		extensions->counts[extensions->counting++].lines = lines;
	}
}

void extensions_begin(const struct extensions *extensions, uint32_t slot, uint32_t before,
		      const struct packet *packet, struct flow_origin origin)
{
	for (uint32_t i = 0; i < extensions->count; i++) {
		const struct flow_extension *extension = extensions->of[i].extension;
		struct flow_line *lines = extensions->of[i].lines;

		if (!origin.continues || extension->begin == NULL)
			memset(&lines[slot], 0, sizeof(lines[slot]));
		else if (before != slot)
			lines[slot] = lines[before];
		if (extension->begin != NULL)
			extension->begin(&lines[slot], packet, origin.continues);
	}
	extensions_packet(extensions, slot, packet,
			  (packet->direction ^ origin.state) & FLOW_STATE_FORWARD1);
}
