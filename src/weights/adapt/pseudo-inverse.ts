/** A matrix by its rows. */
type Matrix = readonly Float64Array[]

/**
 * The Moore-Penrose pseudo-inverse of a matrix of full rank, by its normal equations: their condition is the square of
 * the matrix's own, so this is for well-conditioned matrices.
 */
export function pseudoInverse(matrix: Matrix): Float64Array[] {
  const transposed = transpose(matrix)
  // A⁺ = (AᵀA)⁻¹Aᵀ of a tall matrix; a wide one is the transpose of a tall one.
  return matrix.length >= transposed.length
    ? solve(products(transposed, transposed), transposed)
    : transpose(solve(products(matrix, matrix), matrix))
}

function transpose(matrix: Matrix): Float64Array[] {
  return Array.from(matrix[0]!, (_, j) => Float64Array.from(matrix, (row) => row[j]!))
}

/** The dot product of every row of one matrix with every row of another. */
function products(left: Matrix, right: Matrix): Float64Array[] {
  return left.map((a) => Float64Array.from(right, (b) => a.reduce((sum, value, k) => sum + value * b[k]!, 0)))
}

/** X of S·X = B for a symmetric positive definite S, by Gauss-Jordan elimination: such an S needs no pivoting. */
function solve(symmetric: Matrix, right: Matrix): Float64Array[] {
  const rows = symmetric.map((row, i) => Float64Array.of(...row, ...right[i]!))
  rows.forEach((pivotRow, pivot) => {
    const scale = pivotRow[pivot]!
    for (let k = pivot; k < pivotRow.length; k++) pivotRow[k]! /= scale
    for (const row of rows) {
      const factor = row === pivotRow ? 0 : row[pivot]!
      if (factor !== 0) for (let k = pivot; k < row.length; k++) row[k]! -= factor * pivotRow[k]!
    }
  })
  return rows.map((row) => row.slice(symmetric.length))
}
