/* A boot sector that tries the firmware's NVMe driver: it reads 16 KiB from the disk by INT 13h, says what is at their
   end on the serial port, writes one block, reads it back, and switches the machine off. The host makes the disk and
   looks at the block afterwards. */
    .code16
    .globl _start
_start:
    ljmp $0, $begin
begin:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    movb %dl, drive
    cld
    movw $alive, %si
    call say

    movb $0x42, %ah         /* read 32 blocks from block 64 to 1000h:0 */
    movb drive, %dl
    movw $packet, %si
    int $0x13
    movw $read_failed, %si
    jc say_and_end
    movw $0x1000, %ax
    movw %ax, %ds
    movw $(31 * 512), %si   /* the last of them is a line of text */
    call say
    xorw %ax, %ax
    movw %ax, %ds

    movw $1, blocks         /* write it to block 128 */
    movw $(31 * 512), offset
    movl $128, block
    movw $0x4300, %ax
    movb drive, %dl
    movw $packet, %si
    int $0x13
    movw $write_failed, %si
    jc say_and_end

    movw $0x4000, offset    /* read it back elsewhere, and compare */
    movb $0x42, %ah
    movb drive, %dl
    movw $packet, %si
    int $0x13
    movw $read_failed, %si
    jc say_and_end
    movw $0x1000, %ax
    movw %ax, %ds
    movw %ax, %es
    movw $(31 * 512), %si
    movw $0x4000, %di
    movw $256, %cx
    repe cmpsw
    movw $0, %ax
    movw %ax, %ds
    movw $differs, %si
    jne say_and_end
    movw $done, %si

say_and_end:
    call say
    movw $0x604, %dx        /* q35's power management: off */
    movw $0x2000, %ax
    outw %ax, %dx
halt:
    hlt
    jmp halt

/* The text at DS:SI, up to its zero, to the first serial port. */
say:
    lodsb
    testb %al, %al
    jz said
    movb %al, %bl
    movw $0x3fd, %dx
wait:
    inb %dx, %al
    testb $0x20, %al
    jz wait
    movb %bl, %al
    movw $0x3f8, %dx
    outb %al, %dx
    jmp say
said:
    ret

drive: .byte 0
    .balign 4
packet: .byte 16, 0
blocks: .word 32
offset: .word 0
segment: .word 0x1000
block: .quad 64

alive: .asciz "\n@@ ok the boot sector runs\n"
read_failed: .asciz "@@ failed the firmware could not read\n"
write_failed: .asciz "@@ failed the firmware could not write\n"
differs: .asciz "@@ failed what was written reads differently\n"
done: .asciz "@@ ok written and read back by the firmware\n@@ done\n"

    .org 510
    .word 0xaa55
