//! A PNG writer for pictures of 256 colours: no compression beyond the palette, no dependency.

use super::raster::Raster;

/// Most bytes in one stored block of a deflate stream.
const BLOCK: usize = 65_535;
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The picture as a `data:` URL.
pub fn data_url(raster: &Raster) -> String {
    let mut out = String::from("data:image/png;base64,");
    for chunk in encode(raster).chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = BASE64[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// The picture as a PNG file (ISO/IEC 15948).
pub fn encode(raster: &Raster) -> Vec<u8> {
    let side = (raster.side as u32).to_be_bytes();
    // Eight bits per pixel, colour type 3 (palette), no interlacing.
    let header: Vec<u8> = side.into_iter().chain(side).chain([8, 3, 0, 0, 0]).collect();
    let palette: Vec<u8> = raster.palette.iter().flat_map(|c| [c.0, c.1, c.2]).collect();
    let mut rows = Vec::with_capacity(raster.pixels.len() + raster.side);
    for row in raster.pixels.chunks(raster.side.max(1)) {
        rows.push(0);
        rows.extend_from_slice(row);
    }
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"PLTE", &palette);
    chunk(&mut out, b"IDAT", &stored(&rows));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let start = out.len();
    out.extend(kind);
    out.extend(data);
    let sum = crc32(&out[start..]);
    out.extend(sum.to_be_bytes());
}

/// A zlib stream (RFC 1950) of stored blocks (RFC 1951, §3.2.4).
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        out.push(u8::from(blocks.peek().is_none()));
        let length = block.len() as u16;
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    let table: [u32; 256] =
        std::array::from_fn(|i| (0..8).fold(i as u32, |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 }));
    !data.iter().fold(!0, |c, byte| table[((c ^ u32::from(*byte)) & 255) as usize] ^ (c >> 8))
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Colour;

    #[test]
    fn checksums_agree_with_published_values() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }

    #[test]
    fn a_file_of_one_pixel_has_all_its_chunks() {
        let raster = Raster { side: 1, pixels: vec![0], palette: [Colour(1, 2, 3)].into() };
        let file = encode(&raster);
        assert_eq!(file.len(), 8 + (12 + 13) + (12 + 3) + (12 + 2 + 5 + 2 + 4) + 12);
        assert_eq!(file[16..24], [0, 0, 0, 1, 0, 0, 0, 1]);
        let url = data_url(&raster);
        assert!(url.starts_with("data:image/png;base64,iVBORw0KGgo"));
        assert_eq!((url.len() - "data:image/png;base64,".len()) % 4, 0);
    }
}
