-- SPDX-License-Identifier: BSD-3-Clause
-- For Pktgen-DPDK (pktgen -f flows.lua): FLOWS flows of 64-byte UDP frames through port 0 for
-- SECONDS at RATE percent of the line, all from the environment. Says how many frames it sent.
-- Pktgen fills its buffers once and sends them again and again: there are no more flows than
-- buffers, 24,576 by default.

local flows = tonumber(os.getenv("FLOWS") or "16384")
local seconds = tonumber(os.getenv("SECONDS") or "10")
local rate = tonumber(os.getenv("RATE") or "100")
local port = "0"

-- The number as an address below 10.0.0.0/8.
local function address(number)
	return string.format("10.%d.%d.%d", number // 65536 % 256, number // 256 % 256, number % 256)
end

local function range(field, first, last, step)
	local set = pktgen.range[field]

	set(port, "start", first)
	set(port, "min", first)
	set(port, "max", last)
	set(port, "inc", step)
end

pktgen.screen("off")
pktgen.range.ip_proto(port, "udp")
range("src_ip", address(0), address(flows - 1), "0.0.0.1")
range("dst_ip", "198.18.0.1", "198.18.0.1", "0.0.0.0")
range("src_port", 1024, 1024, 0)
range("dst_port", 443, 443, 0)
range("pkt_size", 64, 64, 0)
pktgen.set_range(port, "on")
pktgen.set(port, "rate", rate)
pktgen.clr()

pktgen.start(port)
pktgen.delay(seconds * 1000)
pktgen.stop(port)
pktgen.delay(3000) -- it counts once a second

print(string.format("\n{\"sent\": %d}", pktgen.portStats(port, "port")[tonumber(port)].opackets))
io.stdout:flush()
pktgen.delay(3000) -- the link stays up while the receiver counts
pktgen.quit()
