//! The memory of the module: blocks whose sizes are powers of two, each size with a list of those that are free, and a
//! frontier beyond which nothing was used yet.
//!
//! Calls are short and much alike, so what one has freed fits the next. That takes a few instructions, where an
//! allocator that splits and joins blocks took a tenth of the time of a key.

use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32::{memory_grow, memory_size};
use std::cell::Cell;
use std::ptr;

/// The size of the smallest blocks, and the alignment of all: that of everything WebAssembly can load.
const MIN_BYTES: usize = 16;

/// How many sizes there are. No layout is larger than `isize::MAX`, whose block would have half of all addresses.
const SIZES: usize = (usize::BITS - MIN_BYTES.ilog2()) as usize;

const PAGE_BYTES: usize = 1 << 16;

/// The fewest pages that are asked for at once: room for any usual request.
const MIN_PAGES: usize = 4;

pub(crate) struct Allocator {
    /// The first free block of each size. Free blocks begin with the address of the next one.
    free: [Cell<*mut u8>; SIZES],
    frontier: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: the module is built without threads.
unsafe impl Sync for Allocator {}

impl Allocator {
    pub(crate) const fn new() -> Self {
        Self { free: [const { Cell::new(ptr::null_mut()) }; SIZES], frontier: Cell::new(0), end: Cell::new(0) }
    }

    /// Makes sure that blocks of so many bytes altogether can be allocated, and says whether they can.
    pub(crate) fn reserve(&self, bytes: usize) -> bool {
        bytes <= self.end.get() - self.frontier.get() || self.grow(bytes)
    }

    /// Asks for more memory. It follows what is there already unless somebody else has asked for some, too.
    #[cold]
    fn grow(&self, bytes: usize) -> bool {
        let pages = bytes.div_ceil(PAGE_BYTES).max(MIN_PAGES);
        let Some(start) = memory_grow::<0>(pages).checked_mul(PAGE_BYTES) else { return false };
        if start != self.end.get() {
            self.frontier.set(start);
        }
        self.end.set(memory_size::<0>().saturating_mul(PAGE_BYTES));
        true
    }

    /// Takes a block that was never used.
    fn advance(&self, bytes: usize) -> *mut u8 {
        if !self.reserve(bytes) {
            return ptr::null_mut();
        }
        let block = self.frontier.get();
        self.frontier.set(block + bytes);
        ptr::with_exposed_provenance_mut(block)
    }
}

/// The place of a size among all sizes.
fn size_class(bytes: usize) -> usize {
    (usize::BITS - (bytes.saturating_sub(1) | (MIN_BYTES - 1)).leading_zeros() - MIN_BYTES.ilog2()) as usize
}

// SAFETY: a block is taken from the list or from beyond the frontier, so nobody else has it, and has at least the bytes
// of its class; all begin at multiples of `MIN_BYTES`, and a stricter alignment is refused.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > MIN_BYTES {
            return ptr::null_mut();
        }
        let class = size_class(layout.size());
        let Some(list) = self.free.get(class) else { return ptr::null_mut() };
        let block = list.get();
        if block.is_null() {
            return self.advance(MIN_BYTES << class);
        }
        // SAFETY: free blocks begin with an address, see `dealloc`.
        list.set(unsafe { block.cast::<*mut u8>().read() });
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(list) = self.free.get(size_class(layout.size())) {
            // SAFETY: the block is as large and as aligned as an address, and its owner has given it up.
            unsafe { block.cast::<*mut u8>().write(list.get()) };
            list.set(block);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        if size_class(layout.size()) == size_class(bytes) {
            return block;
        }
        // SAFETY: the caller promises that the new size makes a layout with the same alignment.
        let larger = unsafe { self.alloc(Layout::from_size_align_unchecked(bytes, layout.align())) };
        if !larger.is_null() {
            // SAFETY: both blocks have so many bytes, and the new one is nobody else's.
            unsafe { ptr::copy_nonoverlapping(block, larger, bytes.min(layout.size())) };
            // SAFETY: the caller gives up the old block when there is a new one.
            unsafe { self.dealloc(block, layout) };
        }
        larger
    }
}
