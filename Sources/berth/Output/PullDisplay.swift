import BerthAPI
import BerthImages

/// Shows a pull on standard error: on a terminal the layers in work in place, below those that are done; elsewhere a
/// line for each step of each layer.
struct PullDisplay {
    let isTerminal: Bool
    /// In the order in which they began.
    private var inWork: [PullLine.Layer] = []
    private var linesDrawn = 0
    private var lastDrawn = ContinuousClock.now - .seconds(1)
    /// Often enough to look alive, seldom enough to cost nothing.
    private static let interval = Duration.milliseconds(100)

    init(isTerminal: Bool) { self.isTerminal = isTerminal }

    mutating func show(_ layer: PullLine.Layer) {
        let known = inWork.firstIndex { $0.digest == layer.digest }
        let isNew = known.map { inWork[$0].step != layer.step } ?? true
        switch layer.step {
        case .waiting: return
        case .done, .present:
            if let known { inWork.remove(at: known) }
            erase()
            StandardError.write(Self.text(layer) + "\n")
            draw()
        case .downloading, .unpacking:
            if let known { inWork[known] = layer } else { inWork.append(layer) }
            if !isTerminal {
                if isNew { StandardError.write(Self.text(layer) + "\n") }
            } else if isNew || ContinuousClock.now - lastDrawn > Self.interval {
                erase()
                draw()
            }
        }
    }

    /// Takes away what is shown in place.
    mutating func clear() {
        inWork = []
        erase()
    }

    private mutating func draw() {
        guard isTerminal else { return }
        lastDrawn = .now
        linesDrawn = inWork.count
        StandardError.write(inWork.map { Self.text($0) + "\n" }.joined())
    }

    /// ECMA-48: cursor up, and erase from there to the end of the screen.
    private mutating func erase() {
        if linesDrawn > 0 { StandardError.write("\u{1B}[\(linesDrawn)A\u{1B}[J") }
        linesDrawn = 0
    }

    /// The first twelve digits, as Docker shows them, and how far it is.
    static func text(_ layer: PullLine.Layer) -> String {
        let name = layer.digest.drop { $0 != ":" }.dropFirst().prefix(12)
        let size = Quantity.bytes(UInt64(clamping: layer.size))
        switch layer.step {
        case .waiting: return "\(name)  waiting      \(size)"
        case .downloading: return "\(name)  downloading  \(Quantity.bytes(UInt64(clamping: layer.received))) of \(size)"
        case .unpacking: return "\(name)  unpacking    \(size)"
        case .done: return "\(name)  done         \(size)"
        case .present: return "\(name)  here         \(size)"
        }
    }
}
