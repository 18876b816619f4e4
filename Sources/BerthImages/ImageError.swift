import BerthUnpack

/// Why an image could not be imported, found or read.
///
/// The confined process that unpacks a layer throws it too, so it is declared one floor below.
public typealias ImageError = BerthUnpack.ImageError

/// What a layer may cost to unpack before it is refused as hostile.
public typealias LayerLimits = BerthUnpack.LayerLimits
