/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints the names of all reasons of the ledger: what docs/truth.md explains. */
#include <stdio.h>

#include <weir/packet.h>

int main(void)
{
	for (int reason = 0; reason < PACKET_REASONS; reason++)
		puts(packet_reason_name((enum packet_reason)reason));
	return 0;
}
