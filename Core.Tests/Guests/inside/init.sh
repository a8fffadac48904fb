#!/bin/busybox sh
# The first process of a guest: runs the scenario's inside part on the serial console and switches the guest off.
/bin/busybox --install -s /bin
export PATH=/bin LD_LIBRARY_PATH=/lib
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tracefs tracefs /sys/kernel/tracing
exec </dev/console >/dev/console 2>&1
. /checks.sh
. /scenario.sh
mark started "$(uname -r)"
inside
mark done
poweroff -f
